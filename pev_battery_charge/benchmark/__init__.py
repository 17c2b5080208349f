"""Speed and memory of the package, measured: `pev benchmark`."""
