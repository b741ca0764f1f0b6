{{/* Names, labels and what every pod of the chart has in common. */}}

{{- define "infusion-journal.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "infusion-journal.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "infusion-journal.labels" -}}
{{ include "infusion-journal.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "infusion-journal.image" -}}
{{- $repository := required "image.repository: say where the image lies" .Values.image.repository -}}
{{- $digest := required "image.digest: name the image by its digest, sha256:…" .Values.image.digest -}}
{{ printf "%s@%s" $repository $digest }}
{{- end }}

{{- define "infusion-journal.host" -}}
{{- $url := required "publicUrl: say at which origin the service is reached" .Values.publicUrl -}}
{{ (urlParse $url).host }}
{{- end }}

{{/* Service links are off: Kubernetes would add variables with our own prefix, and an unknown one is an error. */}}
{{- define "infusion-journal.pod" -}}
enableServiceLinks: false
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "infusion-journal.container" -}}
image: {{ include "infusion-journal.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "infusion-journal.database" -}}
- name: INFUSION_JOURNAL_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret: name the Secret with the database's address" .Values.database.existingSecret }}
      key: {{ .Values.database.key }}
{{- end }}

{{/* The tables' owner where it is another role than the one that serves. Both Secrets were there before. */}}
{{- define "infusion-journal.ownersDatabase" -}}
{{- if not .Values.migration.existingSecret -}}
{{ include "infusion-journal.database" . }}
{{- else -}}
{{- $_ := required "migration.servingRole: name the role in database.existingSecret" .Values.migration.servingRole -}}
- name: INFUSION_JOURNAL_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.migration.existingSecret }}
      key: {{ .Values.migration.key }}
{{- end }}
{{- end }}

{{/* Every setting of the service; docs/settings.md explains them. */}}
{{- define "infusion-journal.environment" -}}
- name: INFUSION_JOURNAL_PUBLIC_URL
  value: {{ required "publicUrl: say at which origin the service is reached" .Values.publicUrl | quote }}
- name: INFUSION_JOURNAL_MODE
  value: production
- name: INFUSION_JOURNAL_WORKER
  value: separate
- name: INFUSION_JOURNAL_FOLDER
  value: /var/lib/infusion-journal
- name: INFUSION_JOURNAL_CLINICS_FILE
  value: /etc/infusion-journal/clinics.toml
- name: INFUSION_JOURNAL_SECRETS_DIR
  value: /run/secrets/infusion-journal
- name: INFUSION_JOURNAL_LOG_LEVEL
  value: {{ .Values.logLevel }}
{{- /* The database's disk is not in this pod; its server's own alarms tell of it. */}}
- name: INFUSION_JOURNAL_FREE_SPACE_FLOOR_MIB
  value: "0"
- name: INFUSION_JOURNAL_TRUSTED_HOPS
  value: {{ .Values.trustedHops | quote }}
{{ include "infusion-journal.database" . }}
{{- end }}

{{- define "infusion-journal.mounts" -}}
- name: clinics
  mountPath: /etc/infusion-journal
  readOnly: true
- name: secrets
  mountPath: /run/secrets/infusion-journal
  readOnly: true
- name: folder
  mountPath: /var/lib/infusion-journal
- name: temporary
  mountPath: /tmp
{{- end }}

{{- define "infusion-journal.volumes" -}}
- name: clinics
  configMap:
    name: {{ include "infusion-journal.name" . }}
- name: secrets
  secret:
    secretName: {{ required "secrets.existingSecret: name the Secret with the keys" .Values.secrets.existingSecret }}
    defaultMode: 0440
- name: folder
  emptyDir: {sizeLimit: 1Gi}
- name: temporary
  emptyDir: {sizeLimit: 256Mi}
{{- end }}
