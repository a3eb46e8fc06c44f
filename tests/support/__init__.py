"""What several test suites and benchmarks share: random cases, and how two answers are compared."""
