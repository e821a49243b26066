// Each test has the machine to itself: how long callers wait is measured, and is to be within bounds.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
