"""The HTTP service: remove.bg's dialect, matteo's own API, jobs, and the page. Needs `matteo[server]`."""
