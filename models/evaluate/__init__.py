"""Measure detectors: `python -m models.evaluate`; `compare` measures several, `choose` an operating point."""
