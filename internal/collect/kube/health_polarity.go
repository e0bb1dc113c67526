package kube

import (
	"regexp"
	"strings"
)

// sense is which status of a condition is the good one.
type sense int

const (
	neutral  sense = iota // neither is
	positive              // True is good: Ready, Available, Synced
	negative              // True is bad: Stalled, Degraded, MemoryPressure
	activity              // True is work under way: Reconciling, Progressing
)

// neutralTypes are conditions whose words mislead: neither status of them says
// how the object is.
var neutralTypes = set(`Upgradeable Active Paused Suspended RetrievedUpdates ScalingLimited Enabled Idle
	DisruptionAllowed Invalidated EtcdIsVoter RecommendedUpdate DisruptionTarget Deprecated SecretsAvailable PodReadyToStartContainers
	NoGenericErrors`)

// negativeTypes are conditions that are bad where they hold, although no word
// of theirs says so.
var negativeTypes = set(`Fallback Orphan NoPodsMatched`)

// ends are conditions that say that something has ended; their reasons say how.
var ends = set(`Complete Completed Finished Done Terminated`)

// weakTypes are steps on the way: that they hold is no evidence of health.
var weakTypes = set(`Initialized Scheduled PodScheduled Created Approved Registered Launched Started Validated Validating
	Configured QuotaReserved ProposalReady`)

// polarity reads from the type of a condition which status is the good one.
func polarity(kind string) sense {
	if neutralTypes[kind] {
		return neutral
	}
	if negativeTypes[kind] {
		return negative
	}
	if resolvedType.MatchString(kind) {
		return positive
	}
	return polarityOfWords(wordsOf(kind))
}

// resolvedType is what was something else before, and is resolved now.
var resolvedType = regexp.MustCompile(`.Resolved$`)

// polarityOfWords reads the polarity of a type that is in no list.
func polarityOfWords(words []string) sense {
	said := neutral
	for i, word := range words {
		before := ""
		if i > 0 {
			before = words[i-1]
		}
		denied := negations[before] || words[0] == "no" && i > 0
		switch {
		case badWords[word] && !denied, goodWords[word] && denied:
			return negative
		case word == "up" && isActivity(before):
		case goodWords[word] || badWords[word] || typeWords[word]:
			said = positive
		case isActivity(word) && said == neutral:
			said = activity
		}
	}
	return said
}

// isActivity reports whether a word in a condition's type names work.
func isActivity(word string) bool {
	return busyWords[word] && (strings.HasSuffix(word, "ing") || word == "progress" || word == "inprogress")
}

// typeWords are good words that only condition types use.
var typeWords = set(`admitted approved created initialized joined launched registered reserved scheduled started refs uploaded
	released satisfied provided enforced`)

// falseIsBusy are conditions that are False until their work is done.
var falseIsBusy = set(`Complete Completed Finished Done Bound Initialized Provisioned Established Programmed Running Created
	Approved Promoted Scheduled Launched Registered Joined UpToDate Updated QuotaReserved Started Issued Deployed Installed
	PodScheduled Released RecommendationProvided`)
