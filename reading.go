package aftercheck

import "time"

// State is what one finding says of its subject. The zero State marks a fact
// that is compared and not judged by itself, such as a restart count.
type State string

// The states. Unknown stands beside the others: it is neither good nor bad.
const (
	StateHealthy     State = "healthy"
	StateProgressing State = "progressing"
	StateUnhealthy   State = "unhealthy"
	StateUnknown     State = "unknown"
)

// Scope says whom a finding is about.
type Scope string

// The scopes. A neighbour is watched for regressions only.
const (
	ScopeTarget    Scope = "target"
	ScopeNeighbour Scope = "neighbour"
)

// Check names what a finding looked at.
type Check string

// The checks that sensors make.
const (
	// CheckHealth is an object's health by its own status.
	CheckHealth Check = "health"
	// CheckPresence is whether the object exists; unhealthy with reason
	// ReasonNotFound where the API server says that it does not.
	CheckPresence Check = "presence"
	// CheckReplicas is the wanted number of replicas, in the unit "replicas".
	CheckReplicas Check = "replicas"
	// CheckRestarts is a pod's container restarts so far, in "restarts".
	CheckRestarts Check = "restarts"
	// CheckPreviousLife is how long a pod's containers lived before their last
	// crash, the longest of them that is part of a crash loop, in "seconds".
	CheckPreviousLife Check = "previous_life"
	// CheckOOMKills is how many of the containers were last ended by the
	// out-of-memory killer, in "kills"; Since is the newest such end.
	CheckOOMKills Check = "oom_kills"
	// CheckLimits is what a replica of a workload may use: of CPU in "cores", of
	// memory in "bytes"; Query says which.
	CheckLimits Check = "limits"
	// CheckGeneration is the object's metadata.generation, without a unit.
	CheckGeneration Check = "generation"
	// CheckEvents is a Warning event since the action; the value counts it.
	CheckEvents Check = "events"
	// CheckEndpoints is the ready endpoints of a Service, in "endpoints".
	CheckEndpoints Check = "endpoints"
	// CheckAlert is one alert: unhealthy while firing, progressing while
	// pending, healthy when neither.
	CheckAlert Check = "alert"
	// CheckMetric is one sample against its criterion.
	CheckMetric Check = "metric"
	// CheckProbe is one request to an endpoint of the target.
	CheckProbe Check = "probe"
)

// Reasons that sensors of several kinds share. Others are the reasons that
// Kubernetes itself writes, such as CrashLoopBackOff.
const (
	ReasonNotFound   = "NotFound"
	ReasonScaledDown = "ScaledDown"
	ReasonPaused     = "Paused"
)

// Subject is what a finding is about.
type Subject struct {
	Kind      string `json:"kind" doc:"Deployment, Pod, Node, Alert, Metric, Endpoint and so on."`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	UID       string `json:"uid,omitempty" doc:"The object's UID; another UID under the same name is another object."`
	Owner     string `json:"owner,omitempty" doc:"Kind/name of the owner that outlives the subject, for a pod."`
}

// String returns Kind/namespace/name, without what is empty. It does not
// contain the UID, so it stays the same when an object is replaced.
func (s Subject) String() string { return joinNonEmpty(s.Kind, s.Namespace, s.Name) }

// Value is a number with its unit. It is never NaN or infinite: sensors make
// such samples unknown findings.
type Value struct {
	Number float64 `json:"number"`
	Unit   string  `json:"unit,omitempty" doc:"Base unit, as Prometheus names them: seconds, bytes, ratio, replicas, restarts."`
}

// Finding is one fact that a sensor saw.
type Finding struct {
	Subject Subject   `json:"subject"`
	Check   Check     `json:"check" doc:"What was looked at: health, presence, replicas, restarts, previous_life, oom_kills, limits, generation, events, endpoints, alert, metric, probe."`
	Scope   Scope     `json:"scope" enum:"target,neighbour"`
	State   State     `json:"state,omitempty" enum:"healthy,progressing,unhealthy,unknown" doc:"Absent for a fact that is compared and not judged by itself."`
	Reason  string    `json:"reason,omitempty" doc:"One word, as Kubernetes writes it: CrashLoopBackOff, ImagePullBackOff, Firing, NoData."`
	Message string    `json:"message,omitempty" doc:"One sentence for people; redacted."`
	Value   *Value    `json:"value,omitempty"`
	Wanted  string    `json:"wanted,omitempty" doc:"What would have been healthy: < 0.05, 3 replicas."`
	Query   string    `json:"query,omitempty" doc:"The expression or address that gave the value."`
	At      time.Time `json:"at,omitzero" format:"date-time" doc:"When the fact was true: a sample's own time, or when the object was read."`
	Since   time.Time `json:"since,omitzero" format:"date-time" doc:"Since when it has been so: a container's start, an alert's activeAt. Absent: unknown."`
	Signal  bool      `json:"signal,omitempty" doc:"This is the signal that opened the incident, so it decides whether the root cause is cleared."`
	Final   bool      `json:"final,omitempty" doc:"It does not change any more by itself: a Job that failed, a Pod that ended."`
	// Samples are compared between before and after; see internal/baseline.
	Samples []float64 `json:"samples,omitempty" maxItems:"240" doc:"The metric's newest samples up to this reading, oldest first, in the value's unit; after the action, only those newer than its end. Absent: only the value is known."`
}

// MaxSamples bounds Finding.Samples.
const MaxSamples = 240

// Key identifies a finding across readings: subject, check and query, without
// the UID, so that a replaced object is compared with its predecessor.
func (f Finding) Key() string {
	key := f.Subject.String() + "#" + string(f.Check)
	if f.Query != "" {
		key += "#" + f.Query
	}
	return key
}

// Reading is one sensor's answer at one moment. Either Error is set and there
// are no findings, or the sensor answered, perhaps with nothing to say.
type Reading struct {
	Sensor          string         `json:"sensor" doc:"Name of the sensor: kubernetes, alerts, or a configured probe's name."`
	At              time.Time      `json:"at" format:"date-time" doc:"When the sensor was asked; nothing in the reading is older than this by design of the sensor, save what carries its own time."`
	DurationSeconds float64        `json:"duration_seconds" doc:"How long the sensor took."`
	Outcome         ReadingOutcome `json:"outcome" enum:"ok,error,timeout,panic"`
	Error           string         `json:"error,omitempty" doc:"Why there is no answer; redacted."`
	Target          Target         `json:"target,omitzero" doc:"The target as this sensor resolved it."`
	Findings        []Finding      `json:"findings,omitempty"`
	Raw             string         `json:"raw,omitempty" doc:"What the sensor answered, redacted and cut at the configured number of bytes."`
	RawTruncated    bool           `json:"raw_truncated,omitempty" doc:"The answer was longer than what was kept."`
	Redactions      map[string]int `json:"redactions,omitempty" doc:"How many secrets were removed, by rule."`
	Delays          []Delay        `json:"delays,omitempty" doc:"How long each of the sensor's signals needs to show a change."`
}

// Delay is how long after a change a signal can first tell of it, as the sum of
// its parts.
type Delay struct {
	Of    string      `json:"of" doc:"The signal: alert ApiErrorsHigh, query error_ratio, container api."`
	Parts []DelayPart `json:"parts" doc:"What the delay is the sum of."`
}

// DelayPart is one part of a Delay.
type DelayPart struct {
	Name     string   `json:"name" doc:"scrape_interval, range, evaluation_interval, for, keep_firing_for, previous_life."`
	Duration Duration `json:"duration"`
}

// Total returns the sum of the parts. Zero means that a change shows at once.
func (d Delay) Total() time.Duration {
	var sum time.Duration
	for _, part := range d.Parts {
		sum += time.Duration(part.Duration)
	}
	return sum
}

// ReadingOutcome is how asking a sensor ended.
type ReadingOutcome string

// The outcomes of asking a sensor.
const (
	ReadingOK      ReadingOutcome = "ok"
	ReadingError   ReadingOutcome = "error"
	ReadingTimeout ReadingOutcome = "timeout"
	ReadingPanic   ReadingOutcome = "panic"
)

// Snapshot is the state before the action: what the sensors read, or why not.
type Snapshot struct {
	ID          string     `json:"id"`
	Incident    Incident   `json:"incident"`
	Action      Action     `json:"action"`
	RequestedBy *Requester `json:"requested_by,omitempty" doc:"Who asked for it, as the connection showed. Absent: it did not show."`
	CapturedAt  time.Time  `json:"captured_at" format:"date-time" doc:"When the sensors were asked."`
	Readings    []Reading  `json:"readings" doc:"One for each sensor that fits the incident, with its error if it did not answer. Empty: no configured sensor fits."`
}

// Round is one observation after the action: all sensors asked together.
type Round struct {
	At       time.Time `json:"at" format:"date-time" doc:"When the sensors were asked."`
	EndedAt  time.Time `json:"ended_at" format:"date-time"`
	Readings []Reading `json:"readings"`
	Wait     *Wait     `json:"wait,omitempty" doc:"The verification's wait from this round on, where it follows from this round's delays. At most one round has it."`
}
