"""Query, Mutation, Subscription: decode, call one domain service, encode."""
