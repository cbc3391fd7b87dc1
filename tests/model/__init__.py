"""Tests of the model that the rules are explored with, and of what the exploration finds."""
