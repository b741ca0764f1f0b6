"""Record systems that others built, run as they are: what our filing does is judged by what stands there in the end."""
