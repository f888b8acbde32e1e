"""Jobs: what is stale, what a run will take, what it has done."""
