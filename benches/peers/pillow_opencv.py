"""What a script of thirty lines does: find faces with OpenCV and YuNet at 640 px, blur them, save with Pillow. It keeps no metadata that it
knows of, and checks nothing."""

import pathlib
import sys

import cv2
import numpy
from PIL import Image, ImageOps

model, target, *photos = sys.argv[1:]
detector = cv2.FaceDetectorYN.create(model, "", (640, 640), 0.6)
for photo in photos:
    with Image.open(photo) as opened:
        picture = ImageOps.exif_transpose(opened.convert("RGB"))
    pixels = numpy.array(picture)
    height, width = pixels.shape[:2]
    scale = min(1, 640 / max(width, height))
    small = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    detector.setInputSize((small.shape[1], small.shape[0]))
    _, faces = detector.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    for face in [] if faces is None else faces:
        x, y, w, h = (int(side / scale) for side in face[:4])
        left, top, right, bottom = max(0, x), max(0, y), min(width, x + w), min(height, y + h)
        if left < right and top < bottom:
            pixels[top:bottom, left:right] = cv2.GaussianBlur(pixels[top:bottom, left:right], (0, 0), max(2, w / 4))
    Image.fromarray(pixels).save(pathlib.Path(target) / pathlib.Path(photo).name, quality=85)
