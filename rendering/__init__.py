"""Frozen version -> pixels: what YOLO reads and what people download."""
