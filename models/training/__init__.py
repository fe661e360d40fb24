"""Everything that needs PyTorch: network, assignment, loss, augmentation, and the loop."""
