"""Pictures and tables of the machine, generated from its transition table."""
