"""Subscriptions that follow their publishers: the camera's images, and all like them."""
