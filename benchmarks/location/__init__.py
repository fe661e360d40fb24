"""Where is the fire: a simulation study of the position, beside the method of cones."""
