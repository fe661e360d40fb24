"""Watchtower views with smoke in them: for the demo, drills and training (pure: arrays in, arrays out)."""

from firewatch.scene.backdrop import Backdrop, make_backdrop
from firewatch.scene.clip import ClipFrame, GrowingSmoke, PhotoClip
from firewatch.scene.compose import RenderedFrame, render, smoke_layer
from firewatch.scene.cover import Cover, make_cover
from firewatch.scene.cutout import Cutout, CutoutQuality, cut_smoke, register
from firewatch.scene.disturb import CAMERA_KINDS, VIEW_KINDS, draw_disturbance
from firewatch.scene.emissions import Dust, Steam
from firewatch.scene.landscape import Landscape, make_hills
from firewatch.scene.layer import PlumeTruth, SmokeLayer
from firewatch.scene.lens import Insect, LensDrops, LensGlare, SensorDust, WaterStreaks
from firewatch.scene.light import Air, Sun, Wind
from firewatch.scene.moved import MovedSmoke, draw_moved_smoke, paste_smoke
from firewatch.scene.noise import Tile, make_fractal_tile
from firewatch.scene.photo import Composite, PhotoPlume, composite_plume, draw_photo_plume
from firewatch.scene.plume import FireGrowth, Plume, Puffs, puffs_at
from firewatch.scene.shake import CameraShake, ExposureJump, PaintedOut, WhiteBalanceJump
from firewatch.scene.skyline import skyline_rows
from firewatch.scene.veils import CloudShadow, Disturbance, HazeLayer, ValleyFog
from firewatch.scene.view import Pixel, View
from firewatch.scene.weathering import Drop, ExposureStep, FogBank, LowCloud, Weathering

__all__ = [
    "CAMERA_KINDS",
    "VIEW_KINDS",
    "Air",
    "Backdrop",
    "CameraShake",
    "ClipFrame",
    "CloudShadow",
    "Composite",
    "Cover",
    "Cutout",
    "CutoutQuality",
    "Disturbance",
    "Drop",
    "Dust",
    "ExposureJump",
    "ExposureStep",
    "FireGrowth",
    "FogBank",
    "GrowingSmoke",
    "HazeLayer",
    "Insect",
    "Landscape",
    "LensDrops",
    "LensGlare",
    "LowCloud",
    "MovedSmoke",
    "PaintedOut",
    "PhotoClip",
    "PhotoPlume",
    "Pixel",
    "Plume",
    "PlumeTruth",
    "Puffs",
    "RenderedFrame",
    "SensorDust",
    "SmokeLayer",
    "Steam",
    "Sun",
    "Tile",
    "ValleyFog",
    "View",
    "WaterStreaks",
    "Weathering",
    "WhiteBalanceJump",
    "Wind",
    "composite_plume",
    "cut_smoke",
    "draw_disturbance",
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
