"""An invented city from nothing, for demonstration and tests; apps add their part."""
