"""The demo: a simulated stretch of forest around the real programs. Its terrain, towns and weather are nobody's."""
