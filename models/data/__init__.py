"""Reading labelled frames for training and measuring."""

from models.data.frames import Frame, load_annotated, load_made, load_sequence

__all__ = ["Frame", "load_annotated", "load_made", "load_sequence"]
