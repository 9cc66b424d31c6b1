"""The README and the pages in docs/, held to what they say: commands run, examples are answered, links lead
somewhere."""
