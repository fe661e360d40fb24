"""One file for each outside thing; each fulfils one port."""
