"""Side-by-side measurements that print ratios: what we do against the least that could be done, in the same run."""
