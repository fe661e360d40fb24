"""Watchtower views with smoke in them: for the demo, drills and training (pure: arrays in, arrays out)."""

from firewatch.scene.backdrop import Backdrop, make_backdrop
from firewatch.scene.compose import RenderedFrame, render, smoke_layer
from firewatch.scene.cover import Cover, make_cover
from firewatch.scene.landscape import Landscape, make_hills
from firewatch.scene.layer import PlumeTruth, SmokeLayer
from firewatch.scene.light import Air, Sun, Wind
from firewatch.scene.noise import Tile, make_fractal_tile
from firewatch.scene.photo import Composite, PhotoPlume, composite_plume, draw_photo_plume
from firewatch.scene.plume import FireGrowth, Plume, Puffs, puffs_at
from firewatch.scene.view import Pixel, View
from firewatch.scene.weathering import Drop, ExposureStep, FogBank, LowCloud, Weathering

__all__ = [
    "Air",
    "Backdrop",
    "Composite",
    "Cover",
    "Drop",
    "ExposureStep",
    "FireGrowth",
    "FogBank",
    "Landscape",
    "LowCloud",
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
    "draw_photo_plume",
    "make_backdrop",
    "make_cover",
    "make_fractal_tile",
    "make_hills",
    "puffs_at",
    "render",
    "smoke_layer",
]
