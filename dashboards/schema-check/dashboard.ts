// The type that the dashboards are held to: Grafana's Dashboard, with the options of
// each kind of panel in it, which Dashboard itself leaves open.
import type { Dashboard, FieldConfigSource, Panel, RowPanel } from '@grafana/schema';
import type { Options as Heatmap, FieldConfig as HeatmapField } from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as Table, FieldConfig as TableField } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as TimeSeries, FieldConfig as TimeSeriesField } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// Plain is a type as JSON writes it: with the values of enumerations in their place.
type Plain<T> = T extends string
  ? `${T}`
  : T extends number
    ? number extends T ? number : `${T}` extends `${infer N extends number}` ? N : never
    : T extends (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { [Key in keyof T]: Plain<T[Key]> }
        : T;

interface Kind<Name, Options, Custom> extends Omit<Panel, 'type' | 'options' | 'fieldConfig'> {
  type: Name;
  options: Options;
  fieldConfig: FieldConfigSource<Custom>;
}

type Shown =
  | RowPanel
  | Kind<'heatmap', Heatmap, HeatmapField>
  | Kind<'stat', Stat, object>
  | Kind<'table', Table, TableField>
  | Kind<'timeseries', TimeSeries, TimeSeriesField>;

export type Checked = Plain<Omit<Dashboard, 'panels'> & { panels: Shown[] }>;
