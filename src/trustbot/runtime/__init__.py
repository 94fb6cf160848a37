"""The program as a process: what libraries may do, signals, stopping half-way, completion in a shell."""
