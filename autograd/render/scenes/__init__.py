"""What a picture shows, before it is laid out: boxes, frames, edges."""
