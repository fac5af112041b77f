"""One file a detector: each holds `DETECTOR` and is found by `detectors.registry`."""
