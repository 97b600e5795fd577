"""What comes from the camera: subscriptions that follow their publishers, arrivals, stamps."""
