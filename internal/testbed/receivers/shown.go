package receivers

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxMessage is the length of Telegram's longest message, in characters. It holds
// for what is shown; Alertmanager counts what is sent.
const maxMessage = 4096

var (
	tag    = regexp.MustCompile(`^<(/?)(b|i|code|a)(?: href="([^"<>]*)")?>`)
	entity = regexp.MustCompile(`^&(lt|gt|amp|quot|#[0-9]+);`)
)

// Shown returns what a message looks like to its reader, and where its links
// lead. It is as strict as Telegram: an unknown tag or entity, a tag that is not
// closed in turn, or too long a message is an error.
func Shown(text string) (visible string, links []string, err error) {
	if n := utf8.RuneCountInString(text); n > maxMessage {
		return "", nil, fmt.Errorf("%d characters", n)
	}
	var out strings.Builder
	var open []string
	for rest := text; rest != ""; {
		switch rest[0] {
		case '<':
			found := tag.FindStringSubmatch(rest)
			if found == nil {
				return "", nil, fmt.Errorf("unknown tag at %.30q", rest)
			}
			rest = rest[len(found[0]):]
			if found[1] == "" {
				open = append(open, found[2])
				if found[2] == "a" {
					links = append(links, html.UnescapeString(found[3]))
				}
				continue
			}
			if len(open) == 0 || open[len(open)-1] != found[2] {
				return "", nil, fmt.Errorf("closing %s within %v", found[2], open)
			}
			open = open[:len(open)-1]
		case '&':
			found := entity.FindString(rest)
			if found == "" {
				return "", nil, fmt.Errorf("unknown entity at %.30q", rest)
			}
			out.WriteString(html.UnescapeString(found))
			rest = rest[len(found):]
		default:
			out.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	if len(open) > 0 {
		return "", nil, fmt.Errorf("not closed: %v", open)
	}
	return out.String(), links, nil
}
