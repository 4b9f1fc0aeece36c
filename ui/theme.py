"""The look: newsprint, system fonts only, one accent."""

from __future__ import annotations

from typing import Any

from gradio.themes import Base, Color

_SANS = (
    "system-ui", "-apple-system", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC",
    "Source Han Sans SC", "sans-serif",
)  # fmt: skip
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

_INK = Color(
    name="ink", c50="#f7f1ef", c100="#efdeda", c200="#e0beb7", c300="#cf988e", c400="#bb6b5f", c500="#a2382a",
    c600="#8f2d20", c700="#77251a", c800="#611f17", c900="#4b1912", c950="#330f0a",
)  # fmt: skip
_STONE = Color(
    name="newsprint", c50="#fbf9f4", c100="#f4f0e7", c200="#e6e0d2", c300="#d3cbb9", c400="#a39a87", c500="#6f6858",
    c600="#57513f", c700="#403c31", c800="#2a2822", c900="#1d1c19", c950="#151412",
)  # fmt: skip


def make_theme() -> Any:
    """Return the Gradio theme; it names no font that would have to be fetched."""
    return Base(primary_hue=_INK, neutral_hue=_STONE, font=_SANS, font_mono=_MONO).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="#1d1c19",
        body_text_color_dark="#e9e4d8",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="#a8a08e",
        background_fill_primary="#fffdf9",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="*neutral_950",
        border_color_primary="*neutral_200",
        border_color_primary_dark="#35322a",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_text_color="*neutral_500",
        block_label_text_color_dark="#a8a08e",
        block_title_text_color="*neutral_500",
        block_title_text_color_dark="#a8a08e",
        block_title_text_weight="400",
        input_background_fill="#fffdf9",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_300",
        input_border_color_dark="#46423a",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="#d98a7d",
        input_border_width="1px",
        input_border_width_dark="1px",
        input_radius="3px",
        button_large_radius="3px",
        button_medium_radius="3px",
        button_small_radius="3px",
        button_primary_background_fill="*primary_500",
        button_primary_background_fill_hover="*primary_600",
        button_primary_background_fill_dark="*primary_500",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="transparent",
        button_secondary_background_fill_dark="transparent",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_hover_dark="*neutral_800",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="#46423a",
        button_cancel_background_fill="*neutral_100",
        button_cancel_background_fill_dark="*neutral_800",
        button_cancel_text_color="*body_text_color",
        button_cancel_text_color_dark="*body_text_color",
    )
