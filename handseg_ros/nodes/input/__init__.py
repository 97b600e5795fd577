"""What comes from the camera: adaptive subscriptions, pending frames, stamps."""
