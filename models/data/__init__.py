"""Reading, checking and splitting labelled frames for training and measuring."""

from models.data.folders import Dataset, Form, Reading, find_folders, inspect_folder, load_folder, recognise
from models.data.frames import Frame, load_annotated, load_made, load_sequence
from models.data.leaks import near_duplicates, shared_marks, shared_sites
from models.data.splitting import Apart, groups_of, hold_out, split_frames

__all__ = [
    "Apart",
    "Dataset",
    "Form",
    "Frame",
    "Reading",
    "find_folders",
    "groups_of",
    "hold_out",
    "inspect_folder",
    "load_annotated",
    "load_folder",
    "load_made",
    "load_sequence",
    "near_duplicates",
    "recognise",
    "shared_marks",
    "shared_sites",
    "split_frames",
]
