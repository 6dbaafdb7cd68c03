"""Real-ESRGAN upscaling."""
