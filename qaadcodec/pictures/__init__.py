"""Pictures of clouds and of their errors: shaded views as surfaces, sheets and turntables of them, and charts.

Pixels are made with numpy and numba alone. Pillow, which writes files, and matplotlib, which draws charts and has the
font, come with the extra `pictures`.
"""
