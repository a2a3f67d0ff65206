{{- define "parley.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "parley.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "parley.labels" -}}
{{ include "parley.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* The path of publicUrl, "/" without one. */}}
{{- define "parley.path" -}}
{{- (urlParse .Values.publicUrl).path | default "/" -}}
{{- end -}}

{{/* Pairs of a setting and the values that name its Secret, for those that are given. */}}
{{- define "parley.secrets" -}}
{{- $given := dict "MONGODB_URL" .Values.mongodb "REDIS_URL" .Values.redis "SECRET_KEYS" .Values.secretKeys "ENCRYPTION_KEYS" .Values.encryptionKeys "METRICS_TOKEN" .Values.metricsToken "SMTP_URL" .Values.smtpUrl "OIDC_CLIENT_SECRET" .Values.oidcClientSecret -}}
{{- range $name, $from := $given }}{{ if $from.secret }}
{{ $name }}: { secret: {{ $from.secret | quote }}, key: {{ $from.key | quote }} }
{{- end }}{{ end -}}
{{- end -}}
