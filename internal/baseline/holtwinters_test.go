package baseline

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// numbers reads a file of numbers under testdata.
func numbers(t testing.TB, name string) []float64 {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, word := range strings.Fields(string(text)) {
		number, err := strconv.ParseFloat(word, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, number)
	}
	return out
}

// squares returns the sum of the squared one-step errors.
func squares(p smoothing, values []float64, trail *trail) float64 {
	sum := 0.0
	for i, value := range values {
		miss := value - p.foretold(trail, i, 1, p.travel(1))
		sum += miss * miss
	}
	return sum
}

// The start, the parameters and the wanted state are those that R 4.2.2 printed
// for HoltWinters(co2), the example of its own documentation.
func TestHoltWintersAsROnCO2(t *testing.T) {
	values := numbers(t, "co2.txt")[12:]
	p := smoothing{alpha: 0.512648443564179, beta: 0.00949766904602902, gamma: 0.472886787994818, phi: 1}
	s := state{level: 315.765763888889, trend: 0.0883012820512775, season: []float64{
		-0.234444444444459, 0.192638888888913, 0.743888888888894, 2.15972222222219, 3.13138888888888, 2.65888888888892,
		0.480138888888822, -1.31611111111111, -2.34527777777775, -2.93819444444447, -1.58527777777776, -0.947361111111074,
	}}
	trail := newTrail(len(values))
	p.run(values, 0, &s, math.Inf(1), trail)
	want := []float64{
		364.761623668987, 0.124743804250424, 0.221527459955157, 0.955280060451292, 1.59847439486225, 2.87580291519829, 3.28200883534773,
		2.44069898939628, 0.896943263584938, -1.37964276138164, -3.41123761724334, -3.25701626483366, -1.91348502861714, -0.584424985579845,
	}
	for i, got := range append([]float64{s.level, s.trend}, s.season...) {
		if !near(got, want[i], 1e-9) {
			t.Errorf("coefficient %d is %.12g, want %.12g", i, got, want[i])
		}
	}
	if got := squares(p, values, trail); !near(got, 43.1298613677, 1e-9) {
		t.Errorf("the sum of squares is %.12g", got)
	}
	// predict(m, 12, prediction.interval = TRUE): the fit, and how much wider the
	// interval is than that of the first month.
	for ahead, want := range map[int][2]float64{1: {365.107894933, 1}, 6: {367.950785484, 1.5460362325848}, 12: {365.674124334, 2.05727228398387}} {
		if got := s.level + p.travel(ahead)*s.trend + s.season[ahead-1]; !near(got, want[0], 1e-9) {
			t.Errorf("%d months ahead: %.12g, want %.12g", ahead, got, want[0])
		}
		if got := p.growth(ahead, 1, 12); !near(got, want[1], 1e-9) {
			t.Errorf("%d months ahead the error grows by %.12g, want %.12g", ahead, got, want[1])
		}
	}
	for ahead, want := range map[int]float64{13: 2.20790231630229, 25: 3.09528802453448} {
		if got := p.growth(ahead, 1, 12); !near(got, want, 1e-9) {
			t.Errorf("%d months ahead the error grows by %.12g, want %.12g", ahead, got, want)
		}
	}
}

// R 4.2.2 finds 2038871.83289 for HoltWinters(Nile, gamma = FALSE, beta = FALSE)
// with α = 0.2466, and 8811.78 for HoltWinters(austres, gamma = FALSE) with α = 1,
// β = 0.4063; ours is to find as little from the same start.
func TestTheSearchFindsWhatRFinds(t *testing.T) {
	nile := learner{values: nile[1:], start: state{level: nile[0], season: []float64{0}}, limit: math.Inf(1), lead: 1}
	p := nile.best(0, 1)
	if got := nile.loss(p) * float64(len(nile.values)-1); p.phi != 0 || math.Abs(p.alpha-0.2466) > 0.03 || got > 1.002*2038871.83289 {
		t.Errorf("got %+v with the sum %.8g", p, got)
	}
	people := learner{
		values: austres[2:], start: state{level: austres[1], trend: austres[1] - austres[0], season: []float64{0}}, limit: math.Inf(1), lead: 1,
	}
	people.prepare()
	p = people.search(smoothing{phi: 1}, []float64{0.3, 0.7, 0.95}, []float64{0.01, 0.1, 0.4})
	if got := people.loss(p) * float64(len(people.values)-1); math.Abs(p.alpha-1) > 0.05 || math.Abs(p.beta-0.4063) > 0.05 || got > 1.01*8811.78479723 {
		t.Errorf("got %+v with the sum %.8g", p, got)
	}
}

// Twenty years of monthly temperatures: the band of a model of the first
// nineteen holds the twentieth, and not the temperature of another season.
func TestTheLastYearOfNottingham(t *testing.T) {
	values := numbers(t, "nottem.txt")
	const month = 30 * day
	history := make([]Sample, len(values))
	for i, v := range values {
		history[i] = Sample{At: time.Unix(0, 0).Add(time.Duration(i) * month), Value: v}
	}
	m := Fit(history[:228], Options{Season: 12 * month, Step: month})
	if m.Method != MethodHoltWinters {
		t.Fatalf("got %s", m)
	}
	for i, s := range history[228:] {
		band, _, ok := m.Band(s.At)
		if !ok || band.Judge(s.Value, DirectionNone) != OutcomeBetter {
			t.Errorf("month %d: %v is outside of %+v", i+1, s.Value, band)
		}
		if width := band.High - band.Low; width > 20 {
			t.Errorf("month %d: the band is %v wide", i+1, width)
		}
	}
	if band, _, _ := m.Band(history[228].At); band.Judge(values[228+6], DirectionNone) != OutcomeWorse {
		t.Errorf("July's %v is usual in January: %+v", values[228+6], band)
	}
}

// nile is the yearly flow at Aswan of 1871 to 1970, and austres the quarterly
// number of Australian residents in thousands of 1971 to 1993 (R 4.2.2,
// datasets).
var (
	nile = []float64{
		1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140,
		1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
		831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
		781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
		744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
	}
	austres = []float64{
		13067.3, 13130.5, 13198.4, 13254.2, 13303.7, 13353.9, 13409.3, 13459.2, 13504.5, 13552.6, 13614.3, 13669.5, 13722.6,
		13772.1, 13832, 13862.6, 13893, 13926.8, 13968.9, 14004.7, 14033.1, 14066, 14110.1, 14155.6, 14192.2, 14231.7, 14281.5,
		14330.3, 14359.3, 14396.6, 14430.8, 14478.4, 14515.7, 14554.9, 14602.5, 14646.4, 14695.4, 14746.6, 14807.4, 14874.4,
		14923.3, 14988.7, 15054.1, 15121.7, 15184.2, 15239.3, 15288.9, 15346.2, 15393.5, 15439, 15483.5, 15531.5, 15579.4,
		15628.5, 15677.3, 15736.7, 15788.3, 15839.7, 15900.6, 15961.5, 16018.3, 16076.9, 16139, 16203, 16263.3, 16327.9, 16398.9,
		16478.3, 16538.2, 16621.6, 16697, 16777.2, 16833.1, 16891.6, 16956.8, 17026.3, 17085.4, 17106.9, 17169.4, 17239.4, 17292,
		17354.2, 17414.2, 17447.3, 17482.6, 17526, 17568.7, 17627.1, 17661.5,
	}
)
