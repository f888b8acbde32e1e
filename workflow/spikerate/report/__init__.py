"""The report, a page that says which claims reproduced, and the sound of Ode to Joy."""
