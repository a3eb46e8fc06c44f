

def test_only_stretches_with_events_are_searched_for_clock_changes() -> None:
    """One event in the year 9999 costs no walk through eight thousand years, and changes no local date."""
    rng = np.random.default_rng(5)
    low, high = instant("2010-01-01T00:00:00Z"), instant("2031-01-01T00:00:00Z")
    far = [instant("2500-07-01T00:00:00Z"), instant("9999-12-29T00:00:00Z")]
    for name in ("Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"):
        calendar = Calendar(name)
        for size in (1, 5, 40, 400):
            times = np.sort(np.append(rng.integers(low, high, size), far))
            last = int(times[-1])
            local = LocalTime(calendar, int(times[0]), last, times)
            expected = [calendar.index(Period.DAY, int(t)) for t in times]
            assert local.index(Period.DAY, times).tolist() == expected
