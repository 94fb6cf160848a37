"""Files of the program's own: JSON lines, sealed JSON, keys."""
