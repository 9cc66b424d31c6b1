"""The product as it runs in earnest, on servers of its own that can be ended, and a loop of clients that goes on."""
