import { ElMessage } from 'element-plus/es/components/message/index'
import 'element-plus/es/components/message/style/css'
import { t } from '@/i18n'

/** Puts text on the clipboard and says so. Without TLS a browser offers only the older way. */
export async function copy(text: string) {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text)
    else copyBySelection(text)
    ElMessage({ message: t('copied'), type: 'success', duration: 1500 })
  } catch {
    ElMessage({ message: t('copy-failed'), type: 'warning' })
  }
}

function copyBySelection(text: string) {
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  area.style.opacity = '0'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (!done) throw new Error('copy')
}
