"""Watchtower views with smoke in them: for the demo, drills and training (pure: arrays in, arrays out)."""

from firewatch.scene.backdrop import Backdrop, make_backdrop
from firewatch.scene.compose import RenderedFrame, render, smoke_layer
from firewatch.scene.cover import Cover, make_cover
from firewatch.scene.cutout import Cutout, CutoutQuality, cut_smoke, register
from firewatch.scene.landscape import Landscape, make_hills
from firewatch.scene.layer import PlumeTruth, SmokeLayer
from firewatch.scene.light import Air, Sun, Wind
from firewatch.scene.moved import MovedSmoke, draw_moved_smoke, paste_smoke
from firewatch.scene.noise import Tile, make_fractal_tile
from firewatch.scene.photo import Composite, PhotoPlume, composite_plume, draw_photo_plume
from firewatch.scene.plume import FireGrowth, Plume, Puffs, puffs_at
from firewatch.scene.skyline import skyline_rows
from firewatch.scene.view import Pixel, View
from firewatch.scene.weathering import Drop, ExposureStep, FogBank, LowCloud, Weathering

__all__ = [
    "Air",
    "Backdrop",
    "Composite",
    "Cover",
    "Cutout",
    "CutoutQuality",
    "Drop",
    "ExposureStep",
    "FireGrowth",
    "FogBank",
    "Landscape",
    "LowCloud",
    "MovedSmoke",
    "PhotoPlume",
    "Pixel",
    "Plume",
    "PlumeTruth",
    "Puffs",
    "RenderedFrame",
    "SmokeLayer",
    "Sun",
    "Tile",
    "View",
    "Weathering",
    "Wind",
    "composite_plume",
    "cut_smoke",
    "draw_moved_smoke",
    "draw_photo_plume",
    "make_backdrop",
    "make_cover",
    "make_fractal_tile",
    "make_hills",
    "paste_smoke",
    "puffs_at",
    "register",
    "render",
    "skyline_rows",
    "smoke_layer",
]
