"""The trade's terms as immutable values; import them from the modules."""
