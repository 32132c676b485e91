export { type MetricFacts, Metrics, type MetricsOptions, type OpenCounts, type QueueState } from './metrics.ts'
