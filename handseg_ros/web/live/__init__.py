"""What the page shows of something that runs, whatever that is."""
