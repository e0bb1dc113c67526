package pages

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"path"
	"strings"
)

//go:embed assets/*.css assets/*.js assets/*.svg
var assetFiles embed.FS

//go:embed templates/*.html
var templateFiles embed.FS

// assetPath is where the assets are. No verification has an ID that begins with
// a hyphen.
const assetPath = "/verifications/-/"

// assets are the style, the script and the icon, under names that change with
// what is in them, so that browsers may keep them for ever.
type assets struct {
	served map[string][]byte // by the name in the address
	names  map[string]string // from the file's name to that
	sum    string            // of all that makes a page look as it does
}

func loadAssets() assets {
	a := assets{served: map[string][]byte{}, names: map[string]string{}}
	all := sha256.New()
	for _, file := range []string{"style.css", "live.js", "icon.svg"} {
		content := read(assetFiles, "assets/"+file)
		all.Write(content)
		sum := sha256.Sum256(content)
		extension := path.Ext(file)
		name := strings.TrimSuffix(file, extension) + "." + hex.EncodeToString(sum[:6]) + extension
		a.served[name], a.names[file] = content, name
	}
	for _, file := range []string{"frame.html", "list.html", "verification.html", "evidence.html"} {
		all.Write(read(templateFiles, "templates/"+file))
	}
	a.sum = hex.EncodeToString(all.Sum(nil)[:6])
	return a
}

func read(files embed.FS, name string) []byte {
	content, err := files.ReadFile(name)
	if err != nil { // it is part of this binary
		panic(err)
	}
	return content
}

func (a assets) name(file string) string { return a.names[file] }

// types are the content types of the assets, whatever the host's own tables say.
var types = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	content, found := a.served[r.PathValue("name")]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", types[path.Ext(r.PathValue("name"))])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(content) // who hung up does not read it
}

func parseTemplates() *template.Template {
	return template.Must(template.New("").ParseFS(templateFiles, "templates/*.html"))
}
