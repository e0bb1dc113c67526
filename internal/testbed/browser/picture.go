package browser

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
)

// Small returns the top of a PNG, of so many pixels, with the 256 colours that are
// most frequent in it, which a page hardly loses by.
func Small(shot []byte, height int) ([]byte, error) {
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, fmt.Errorf("reading a screenshot: %w", err)
	}
	bounds, counts := picture.Bounds(), map[color.Color]int{}
	bounds.Max.Y = min(bounds.Max.Y, height)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[picture.At(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] })
	palette := color.Palette(frequent[:min(len(frequent), 256)])
	index := map[color.Color]uint8{}
	for _, c := range frequent {
		index[c] = uint8(palette.Index(c)) // #nosec G115 -- below 256
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, index[picture.At(x, y)])
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small); err != nil {
		return nil, fmt.Errorf("writing a screenshot: %w", err)
	}
	return out.Bytes(), nil
}
