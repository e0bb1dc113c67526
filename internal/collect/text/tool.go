package text

import "strings"

// toolAnswer reads what a tool says of itself: that it did what it was asked,
// which is weak evidence, or that it could not, which tells nothing of the
// target. It reports whether that is all.
func (r *reader) toolAnswer(fields map[string]any) bool {
	done, told := report(fields)
	switch {
	case !told:
		return false
	case !done:
		r.add(sighting{kind: "Tool", said: said{unsure, "ToolFailed"}, strength: shown, message: first(fields, "error", "message", "stderr")})
		return true
	}
	if acknowledges(fields) {
		r.add(sighting{kind: "Tool", said: said{good, "ToolSucceeded"}, strength: reported})
	}
	return false
}

// report finds the key by which a tool tells whether it succeeded.
func report(fields map[string]any) (done, told bool) {
	for _, find := range []func(map[string]any) (done, told bool){flagReport, codeReport, wordReport} {
		if done, told := find(fields); told {
			return done, true
		}
	}
	trouble := first(fields, "error", "err")
	return false, trouble != "" && len(fields) <= 2 && !isObject(fields) && first(fields, "status", "state") == ""
}

// isObject reports whether an answer is about an object, and not of the tool.
func isObject(fields map[string]any) bool { return first(fields, "name", "kind") != "" }

// flagReport reads success and its like, and MCP's isError.
func flagReport(fields map[string]any) (done, told bool) {
	for _, key := range []string{"success", "succeeded", "ok"} {
		if done, ok := fields[key].(bool); ok {
			return done, true
		}
	}
	for _, key := range []string{"isError", "is_error"} {
		if broken, ok := fields[key].(bool); ok && broken {
			return false, true
		}
	}
	return false, false
}

// codeReport reads the exit code of a command that printed nothing.
func codeReport(fields map[string]any) (done, told bool) {
	if !isCommand(fields) || first(fields, "stdout", "output") != "" {
		return false, false
	}
	for _, key := range []string{"exit_code", "exitCode", "returncode", "rc"} {
		if code, ok := number(fields[key]); ok && code != 0 {
			return false, true
		}
	}
	return false, false
}

// isCommand reports whether an answer is what a command printed, and how that
// ended.
func isCommand(fields map[string]any) bool {
	return fields["stdout"] != nil || fields["stderr"] != nil || fields["output"] != nil
}

// wordReport reads a status that tells of the call: success, or an error with
// its text.
func wordReport(fields map[string]any) (done, told bool) {
	if isObject(fields) {
		return false, false
	}
	for _, key := range []string{"status", "result"} {
		switch strings.ToLower(text(fields[key])) {
		case "success", "successful":
			return true, true
		case "error", "timeout":
			return false, first(fields, "error", "message", "errorType", "detail") != ""
		}
	}
	return false, false
}

// acknowledges reports whether a tool's success is one of an action: it comes
// with nothing, or with a word or two that say so. Where it comes with data it
// is one of having looked.
func acknowledges(fields map[string]any) bool {
	for key, value := range fields {
		switch value := value.(type) {
		case map[string]any, []any:
			return false
		case string:
			if is := roleOf(key); (is == roleText || envelopes[normal(key)]) && !acknowledgement(value) {
				return false
			}
		}
	}
	return true
}

func acknowledgement(value string) bool {
	words, strange := tokens(value), 0
	for _, word := range words {
		if !fillers[word.lower] && !deeds[word.lower] && kindOf(word.lower) == "" && toneOf(word.text) != good {
			strange++
		}
	}
	return strange <= 1 && !strings.Contains(strings.TrimSpace(value), "\n")
}
