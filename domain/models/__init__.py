"""The nouns of the product, as frozen dataclasses and enums, one module a noun."""
