"""What runs outside the API: the io worker, the gpu worker, and the training child process."""
