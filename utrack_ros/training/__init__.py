"""Training of the SIoU network and of backbones: resumable, on one machine or many."""
