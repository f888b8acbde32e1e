"""The page that says what reproduced, and the sound."""
