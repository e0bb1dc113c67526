package text

// The words of a sentence that are no states and say how the states are meant.
var (
	negators = set(`not no never isnt isn't aren't arent wasn't weren't hasn't haven't hadn't doesn't didn't don't won't
		cannot can't cant couldn't without neither nor none zero unable non isn’t aren’t hasn’t doesn’t can’t nothing`)
	past     = set("was were wasn't weren't had hadn't previously formerly earlier yesterday last previous before once history used")
	present  = set("is are isn't aren't isn’t aren’t now currently still again has have hasn't haven't hasn’t remains remain stays keeps keep became becomes become came went got looks seems appears did didn't does doesn't")
	supposed = set(`should will would may might could must if whether until unless expected expect please try when
		waiting wait waits awaiting want wants wanted desired requires required needs once`)
	// commands are supposed where they open a clause: check whether it runs.
	commands = set("check ensure verify confirm make see run")
	waits    = set("waiting wait waits awaiting until")
	// fillers say nothing and leave what they stand between together.
	fillers = set(`a an the this that its it all any each every both been be being to of in on at for from by with and or as
		yet already fully currently now just only very still again also current completely finally immediately
		become became becoming get getting got longer more long anymore state status health condition phase
		reported everything something there looks appears in has have is are since but however although though
		readiness liveness startup check checks test tests updated new old its which while then total out error-free connections connection requests traffic true ping result back after restart rollback`)
	// link are the verbs before which a subject of one word can stand.
	link = set("is are was were has have")
	// evidence is what, denied, makes what follows no more than a guess.
	evidence = set("evidence sign signs indication indications proof")
	// verdicts end what the word before them named: CrashLoopBackOff resolved.
	endings = set("resolved cleared fixed gone solved")
	// tries are what a target does; who cannot do one of them is ill.
	tries = set(`start restart recover respond answer pull mount attach create schedule run boot come pass become load bind
		initialize initialise connect serve stay response`)
)

// illIfNot are the words whose denial is an illness, and no delay.
var illIfNot = set("healthy reachable responding responsive alive ok okay operational working functional serving passing online fine running up")

// compounds are words that make a state's word before them a part of a name.
var compounds = set("rate rates ratio count counter total percent percentage budget budgets log logs handler page pages code codes message messages probe probes gate gates threshold time date event events")

// linkedWords name a state behind a verb, or where nothing else is said.
var linkedWords = set(`up normal fine stable live green red steady complete completed connected established functional
	listening responding passing passed pass down lost stuck broken dead critical open created deleting removing
	creating starting waiting updating restored accepted synced current degraded partial error err exception warning`)

// whence are the words behind "available" with which it tells where something
// can be had.
var whence = set("at on from as under through via to only")
